// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {OwnableUpgradeable} from "@openzeppelin/contracts-upgradeable/access/OwnableUpgradeable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IDID} from "./interfaces/IDID.sol";
import {IIdentityStaking} from "./interfaces/IIdentityStaking.sol";
import {IWPEAQ} from "./interfaces/IWPEAQ.sol";
import {MachineIdentities} from "./MachineIdentities.sol";

/// @title The machines' registry: who becomes a machine, what bond it pays, what status it has.
/// @dev Source: published ABI of IdentityRegistry; what an ABI does not fix is described in docs/contracts.md.
contract IdentityRegistry is MachineIdentities, OwnableUpgradeable, ReentrancyGuardTransient, UUPSUpgradeable {
    using SafeERC20 for IERC20;

    /// @notice Smallest bond above zero that can be set, in wei: catches an amount given in PEAQ instead of wei.
    uint256 public constant MIN_BOND_FLOOR = 0.01 ether;

    /// @dev The published client always sends exactly this bond.
    uint256 private constant DEFAULT_BOND = 1 ether;

    event BaseURISet(string newBaseURI);
    event DIDPrecompileSet(address indexed did);
    event ETHRescued(address indexed to, uint256 amount);
    event IdentityStakingSet(address indexed staking);
    event MachineDeactivated(uint256 indexed machineId, address indexed owner);
    event MachineReactivated(uint256 indexed machineId, address indexed owner);
    event MachineRejected(uint256 indexed machineId);
    event MachineVerified(uint256 indexed machineId);
    event MinBondChanged(uint256 indexed newMinBond);
    event OperatorSet(uint256 indexed machineId, address indexed operator);
    event Registered(uint256 indexed machineId, string machineURI, address indexed owner);
    event WPEAQSet(address indexed wpeaq);

    error AlreadyRegistered();
    error BondBelowFloor();
    error BondNotRequired();
    error ETHTransferFailed();
    error IncorrectBondAmount();
    error InvalidAddress();
    error InvalidMachineAddress();
    error InvalidStatus();
    error NotMachineOwner();
    /// @dev Part of the published ABI; unused here, because a machine's wallet is always its own address.
    error WalletAlreadyBound(address wallet);

    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor() {
        _disableInitializers();
    }

    /// @notice Sets the owner and a bond of 1 PEAQ. Source: published ABI.
    function initialize(address initialOwner) external initializer {
        __ERC721_init("peaqOS Machine Identity", "MACHINE-ID");
        __Ownable_init(initialOwner);
        _storage().minBond = DEFAULT_BOND;
        emit MinBondChanged(DEFAULT_BOND);
    }

    // ---------------------------------------------------------------- registration

    /// @notice Registers the caller as a machine; the value sent must be exactly `minBond`.
    /// @return the new machine id. Source: published ABI.
    function register() external payable nonReentrant returns (uint256) {
        return _register(msg.sender, address(0));
    }

    /// @notice Registers another address as a machine of which the caller is the operator and pays the bond. The
    ///         machine owns the identity. Source: published ABI; ownership as the published CLI expects it.
    /// @return the new machine id
    function registerFor(address machineAddress) external payable nonReentrant returns (uint256) {
        require(machineAddress != address(0) && machineAddress != msg.sender, InvalidMachineAddress());
        return _register(machineAddress, msg.sender);
    }

    function _register(address machine, address operator) private returns (uint256 machineId) {
        RegistryStorage storage $ = _storage();
        require($.machineIdOfOwner[machine] == 0, AlreadyRegistered());
        uint256 bond = $.minBond;
        if (msg.value != bond) {
            if (bond == 0) revert BondNotRequired();
            revert IncorrectBondAmount();
        }
        machineId = ++$.totalMachines;
        $.machineIdOfOwner[machine] = machineId;
        $.machines[machineId] = Machine(operator, Status.Pending, Status.None);
        _mint(machine, machineId);
        emit Registered(machineId, tokenURI(machineId), machine);
        if (operator != address(0)) emit OperatorSet(machineId, operator);
        if (bond != 0) _payBond($.wpeaq, $.staking, machineId, machine, bond);
    }

    /// @dev Wraps the native bond and lets the staking contract pull it. Source: published ABI (setWPEAQ, stakeFor).
    function _payBond(IWPEAQ wpeaq, IIdentityStaking staking, uint256 machineId, address machine, uint256 bond)
        private
    {
        require(address(wpeaq) != address(0) && address(staking) != address(0), ContractNotConfigured());
        wpeaq.deposit{value: bond}();
        IERC20(address(wpeaq)).forceApprove(address(staking), bond);
        staking.stakeFor(machineId, machine, bond);
    }

    /// @notice Ends the operator's rights. Machine only: anybody can register a machine for it and pay the bond, so
    ///         the machine must be able to get rid of an operator it never chose. Source: ours.
    function removeOperator(uint256 machineId) external {
        Machine storage machine = _existing(machineId);
        require(msg.sender == _ownerOf(machineId), NotMachineOwner());
        machine.operator = address(0);
        emit OperatorSet(machineId, address(0));
    }

    // ---------------------------------------------------------------- status

    /// @notice Marks a pending or rejected machine as verified. Registry owner only. Source: published ABI; steps ours.
    function verifyMachine(uint256 machineId) external onlyOwner {
        Machine storage machine = _existing(machineId);
        require(machine.status == Status.Pending || machine.status == Status.Rejected, InvalidStatus());
        machine.status = Status.Verified;
        emit MachineVerified(machineId);
    }

    /// @notice Marks a pending or verified machine as rejected. Registry owner only. Source: published ABI; steps ours.
    function rejectMachine(uint256 machineId) external onlyOwner {
        Machine storage machine = _existing(machineId);
        require(machine.status == Status.Pending || machine.status == Status.Verified, InvalidStatus());
        machine.status = Status.Rejected;
        emit MachineRejected(machineId);
    }

    /// @notice Takes a machine out of service: it can submit no events until it is reactivated. Machine or operator.
    ///         Source: published ABI; callers ours.
    function deactivateMachine(uint256 machineId) external {
        Machine storage machine = _existing(machineId);
        require(isAuthorizedOrOwner(msg.sender, machineId), NotMachineOwner());
        require(machine.status != Status.Deactivated, InvalidStatus());
        machine.statusBefore = machine.status;
        machine.status = Status.Deactivated;
        emit MachineDeactivated(machineId, _ownerOf(machineId));
    }

    /// @notice Brings a deactivated machine back with the status it had before. Machine or operator.
    ///         Source: published ABI; callers and returned status ours.
    function reactivateMachine(uint256 machineId) external {
        Machine storage machine = _existing(machineId);
        require(isAuthorizedOrOwner(msg.sender, machineId), NotMachineOwner());
        require(machine.status == Status.Deactivated, InvalidStatus());
        machine.status = machine.statusBefore;
        emit MachineReactivated(machineId, _ownerOf(machineId));
    }

    function _existing(uint256 machineId) private view returns (Machine storage machine) {
        machine = _storage().machines[machineId];
        require(machine.status != Status.None, MachineNotFound());
    }

    // ---------------------------------------------------------------- settings (owner)

    /// @notice Sets the exact bond in wei: 0 (no bond) or at least `MIN_BOND_FLOOR`. Source: published ABI; rule ours.
    function setMinBond(uint256 _minBond) external onlyOwner {
        require(_minBond == 0 || _minBond >= MIN_BOND_FLOOR, BondBelowFloor());
        _storage().minBond = _minBond;
        emit MinBondChanged(_minBond);
    }

    /// @notice Sets the contract that holds the bonds. Source: published ABI.
    function setIdentityStaking(address _staking) external onlyOwner {
        require(_staking != address(0), InvalidAddress());
        _storage().staking = IIdentityStaking(_staking);
        emit IdentityStakingSet(_staking);
    }

    /// @notice Sets the wrapped token the bond is paid in; it must be the staking token. Source: published ABI.
    function setWPEAQ(address _wpeaq) external onlyOwner {
        require(_wpeaq != address(0), InvalidAddress());
        _storage().wpeaq = IWPEAQ(_wpeaq);
        emit WPEAQSet(_wpeaq);
    }

    /// @notice Sets the DID precompile that `getMetadata` reads. Source: published ABI.
    function setDIDPrecompile(address _did) external onlyOwner {
        require(_did != address(0), InvalidAddress());
        _storage().did = IDID(_did);
        emit DIDPrecompileSet(_did);
    }

    /// @notice Sets the text that `tokenURI` puts before the machine id. Source: published ABI.
    function setBaseURI(string calldata newBaseURI) external onlyOwner {
        _storage().baseURI = newBaseURI;
        emit BaseURISet(newBaseURI);
    }

    /// @notice Sends out native value that was forced onto this contract; bonds are never here.
    ///         Source: published ABI.
    function rescueETH(address to, uint256 amount) external onlyOwner {
        require(to != address(0), InvalidAddress());
        emit ETHRescued(to, amount);
        (bool sent,) = to.call{value: amount}("");
        require(sent, ETHTransferFailed());
    }

    /// @dev Upgrades are the owner's. Source: UUPS.
    function _authorizeUpgrade(address) internal override onlyOwner {}
}
