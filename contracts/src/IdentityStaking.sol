// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {OwnableUpgradeable} from "@openzeppelin/contracts-upgradeable/access/OwnableUpgradeable.sol";
import {PausableUpgradeable} from "@openzeppelin/contracts-upgradeable/utils/PausableUpgradeable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IIdentityStaking} from "./interfaces/IIdentityStaking.sol";

/// @title The machines' bonds: one stake of an ERC-20 (wrapped PEAQ) per machine, held for good.
/// @notice There is no withdrawal and no slashing: the published interface has neither.
/// @dev Source: published ABI of IdentityStaking; the staking token must move exactly the amount it is asked to.
contract IdentityStaking is
    OwnableUpgradeable,
    PausableUpgradeable,
    ReentrancyGuardTransient,
    UUPSUpgradeable,
    IIdentityStaking
{
    using SafeERC20 for IERC20;

    /// @custom:storage-location erc7201:peaqos.storage.IdentityStaking
    struct StakingStorage {
        IERC20 stakingToken;
        uint256 totalStaked;
        mapping(uint256 machineId => uint256) stakes;
        mapping(address => bool) authorized;
    }

    // keccak256(abi.encode(uint256(keccak256("peaqos.storage.IdentityStaking")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant STORAGE = 0xfa8aadc53a587eec03389ae2c59fc92ea7d8f8aba7d6f332b3f73a5c52f4d400;

    /// @dev Stake status 0: no stake. Members of the published status enum are unknown; these two are our choice.
    uint8 private constant STATUS_NONE = 0;
    uint8 private constant STATUS_ACTIVE = 1;

    event Authorized(address indexed addr);
    event Revoked(address indexed addr);
    event Staked(uint256 indexed machineId, address indexed owner, uint256 amount);

    error AlreadyStaked();
    error AmountZero();
    error InvalidAddress();
    error NotAuthorized();

    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor() {
        _disableInitializers();
    }

    /// @notice Sets the staking token (never changed later) and the owner. Source: published ABI.
    function initialize(address _stakingToken, address _owner) external initializer {
        require(_stakingToken != address(0), InvalidAddress());
        __Ownable_init(_owner);
        __Pausable_init();
        _storage().stakingToken = IERC20(_stakingToken);
    }

    /// @notice Books `amount` of the caller's tokens as the bond of `machineId`. Only authorised callers (the
    ///         registry); a machine is bonded once. Source: published ABI; order of checks ours.
    /// @param owner_ the machine's owner, for the log
    function stakeFor(uint256 machineId, address owner_, uint256 amount) external nonReentrant whenNotPaused {
        StakingStorage storage $ = _storage();
        require($.authorized[msg.sender], NotAuthorized());
        require(owner_ != address(0), InvalidAddress());
        require(amount != 0, AmountZero());
        require($.stakes[machineId] == 0, AlreadyStaked());
        $.stakes[machineId] = amount;
        $.totalStaked += amount;
        emit Staked(machineId, owner_, amount);
        $.stakingToken.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @notice Lets `addr` stake for machines. Owner only. Source: published ABI.
    function authorize(address addr) external onlyOwner {
        require(addr != address(0), InvalidAddress());
        _storage().authorized[addr] = true;
        emit Authorized(addr);
    }

    /// @notice Takes that right away again. Owner only. Source: published ABI.
    function revoke(address addr) external onlyOwner {
        _storage().authorized[addr] = false;
        emit Revoked(addr);
    }

    /// @notice Stops new bonds; existing ones keep counting. Owner only. Source: published ABI.
    function pause() external onlyOwner {
        _pause();
    }

    /// @notice Lets bonds be paid again. Owner only. Source: published ABI.
    function unpause() external onlyOwner {
        _unpause();
    }

    /// @notice Whether `addr` may stake for machines. Source: published ABI.
    function isAuthorized(address addr) external view returns (bool) {
        return _storage().authorized[addr];
    }

    /// @notice Whether the machine is bonded. Source: published ABI.
    function isStaked(uint256 machineId) external view returns (bool) {
        return _storage().stakes[machineId] != 0;
    }

    /// @notice The machine's bond in base units of the staking token. Source: published ABI.
    function getStake(uint256 machineId) external view returns (uint256) {
        return _storage().stakes[machineId];
    }

    /// @notice The machine's bond with its status (0 none, 1 active). Slashing and unstaking do not exist, so the
    ///         last two stay 0. Source: published ABI; status members ours.
    function getStakeInfo(uint256 machineId)
        external
        view
        returns (uint256 amount, uint8 status, uint32 slashCount, uint64 unstakeRequestTime)
    {
        amount = _storage().stakes[machineId];
        status = amount == 0 ? STATUS_NONE : STATUS_ACTIVE;
        return (amount, status, 0, 0);
    }

    /// @notice The ERC-20 that bonds are paid in. Source: published ABI.
    function stakingToken() external view returns (address) {
        return address(_storage().stakingToken);
    }

    /// @notice Sum of all bonds. Source: published ABI.
    function totalStaked() external view returns (uint256) {
        return _storage().totalStaked;
    }

    /// @dev Upgrades are the owner's. Source: UUPS.
    function _authorizeUpgrade(address) internal override onlyOwner {}

    function _storage() private pure returns (StakingStorage storage $) {
        assembly {
            $.slot := STORAGE
        }
    }
}
