// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC721Upgradeable} from "@openzeppelin/contracts-upgradeable/token/ERC721/ERC721Upgradeable.sol";
import {IDID} from "./interfaces/IDID.sol";
import {IIdentityRegistry} from "./interfaces/IIdentityRegistry.sol";
import {IIdentityStaking} from "./interfaces/IIdentityStaking.sol";
import {IWPEAQ} from "./interfaces/IWPEAQ.sol";

/// @title The machines as records: one soulbound token per machine address, its operator, its status; all reading.
/// @notice Token id = machine id, counted from 1 without gaps. The machine's address owns its token for good.
/// @dev Source: published ABI of IdentityRegistry, which inherits this and does all writing.
abstract contract MachineIdentities is ERC721Upgradeable, IIdentityRegistry {
    /// @notice Machine status. Source: published client (values 0 to 4 in this order).
    enum Status {
        None,
        Pending,
        Verified,
        Rejected,
        Deactivated
    }

    /// @dev One slot. `statusBefore` is what a deactivated machine returns to.
    struct Machine {
        address operator;
        Status status;
        Status statusBefore;
    }

    /// @custom:storage-location erc7201:peaqos.storage.IdentityRegistry
    struct RegistryStorage {
        uint256 totalMachines;
        uint256 minBond;
        IIdentityStaking staking;
        IWPEAQ wpeaq;
        IDID did;
        string baseURI;
        mapping(address => uint256) machineIdOfOwner;
        mapping(uint256 machineId => Machine) machines;
    }

    // keccak256(abi.encode(uint256(keccak256("peaqos.storage.IdentityRegistry")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant STORAGE = 0x94be898d13b0f755536e61eeea461247b00822556f7ad9c58d30311f6f471c00;

    error ContractNotConfigured();
    error IdentityNFTSoulbound();
    error MachineNotFound();

    /// @notice The exact bond in wei that registering takes now. Source: published ABI.
    function minBond() external view returns (uint256) {
        return _storage().minBond;
    }

    /// @notice Number of machines, which is also the newest machine id. Source: published ABI.
    function totalMachines() external view returns (uint256) {
        return _storage().totalMachines;
    }

    /// @notice The machine id of an address, 0 when it has none. Source: published ABI; 0 is what the CLI expects.
    function machineIdOfOwner(address addr) external view returns (uint256) {
        return _storage().machineIdOfOwner[addr];
    }

    /// @notice The machine's own account, zero when there is no such machine. Source: published ABI.
    function machineWalletOf(uint256 machineId) external view returns (address) {
        return _ownerOf(machineId);
    }

    /// @notice Who registered the machine for it; zero when it registered itself. Source: published ABI.
    function operatorOf(uint256 machineId) external view returns (address) {
        return _storage().machines[machineId].operator;
    }

    /// @notice Status 0 to 4, 0 when there is no such machine. Source: published ABI.
    function machineStatus(uint256 machineId) public view returns (uint8) {
        return uint8(_storage().machines[machineId].status);
    }

    /// @notice The same as `machineStatus`. Source: published ABI has both names.
    function getMachineStatus(uint256 machineId) external view returns (uint8) {
        return machineStatus(machineId);
    }

    /// @notice Whether the registry's owner has verified the machine. Source: published ABI.
    function isVerified(uint256 machineId) external view returns (bool) {
        return _storage().machines[machineId].status == Status.Verified;
    }

    /// @notice Whether the machine is out of service. Source: published ABI.
    function isDeactivated(uint256 machineId) external view returns (bool) {
        return _storage().machines[machineId].status == Status.Deactivated;
    }

    /// @notice Whether there is such a machine. Source: published ABI.
    function machineExists(uint256 machineId) external view returns (bool) {
        return _ownerOf(machineId) != address(0);
    }

    /// @notice The machine's owner and whether there is such a machine. Source: published ABI.
    function getOwnerIfExists(uint256 machineId) external view returns (address owner_, bool exists_) {
        owner_ = _ownerOf(machineId);
        exists_ = owner_ != address(0);
    }

    /// @inheritdoc IIdentityRegistry
    /// @dev Source: published ABI.
    function getVerificationInfo(uint256 machineId)
        external
        view
        returns (address owner_, address wallet_, bool exists_, uint8 status_)
    {
        owner_ = _ownerOf(machineId);
        wallet_ = owner_;
        exists_ = owner_ != address(0);
        status_ = machineStatus(machineId);
    }

    /// @notice Whether `claimedOwner` owns the machine. Source: published ABI.
    function verifyOwnership(uint256 machineId, address claimedOwner) external view returns (bool) {
        return claimedOwner != address(0) && _ownerOf(machineId) == claimedOwner;
    }

    /// @inheritdoc IIdentityRegistry
    /// @dev Source: published ABI.
    function isAuthorizedOrOwner(address caller, uint256 machineId) public view returns (bool) {
        if (caller == address(0)) return false;
        return caller == _ownerOf(machineId) || caller == _storage().machines[machineId].operator;
    }

    /// @notice The machine's DID attribute of that name, empty when it has none. Source: published ABI (ERC-8004
    ///         style); the read-through to the DID is our reading.
    function getMetadata(uint256 machineId, string calldata key) external view returns (bytes memory) {
        address machine = _ownerOf(machineId);
        require(machine != address(0), MachineNotFound());
        IDID did = _storage().did;
        require(address(did) != address(0), ContractNotConfigured());
        try did.readAttribute(machine, bytes(key)) returns (IDID.Attribute memory attribute) {
            return attribute.value;
        } catch {
            return "";
        }
    }

    /// @notice The machine's card: base URI and machine id, empty without a base. Source: ERC-721, published ABI.
    function tokenURI(uint256 machineId) public view override returns (string memory) {
        return super.tokenURI(machineId);
    }

    /// @notice The DID precompile that `getMetadata` reads. Source: published ABI.
    function getDIDPrecompile() external view returns (address) {
        return address(_storage().did);
    }

    /// @dev Every transfer reverts: only minting comes without an account to be authorised. Source: documented rule.
    function _update(address to, uint256 machineId, address auth) internal override returns (address) {
        require(auth == address(0), IdentityNFTSoulbound());
        return super._update(to, machineId, auth);
    }

    /// @dev Approvals would promise a transfer. Source: documented rule.
    function _approve(address, uint256, address, bool) internal pure override {
        revert IdentityNFTSoulbound();
    }

    /// @dev Approvals would promise a transfer. Source: documented rule.
    function _setApprovalForAll(address, address, bool) internal pure override {
        revert IdentityNFTSoulbound();
    }

    function _baseURI() internal view override returns (string memory) {
        return _storage().baseURI;
    }

    function _storage() internal pure returns (RegistryStorage storage $) {
        assembly {
            $.slot := STORAGE
        }
    }
}
