// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {OwnableUpgradeable} from "@openzeppelin/contracts-upgradeable/access/OwnableUpgradeable.sol";
import {ERC721Upgradeable} from "@openzeppelin/contracts-upgradeable/token/ERC721/ERC721Upgradeable.sol";
import {PausableUpgradeable} from "@openzeppelin/contracts-upgradeable/utils/PausableUpgradeable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IIdentityRegistry} from "./interfaces/IIdentityRegistry.sol";
import {IIdentityStaking} from "./interfaces/IIdentityStaking.sol";

/// @title The machines' financial twins: at most one transferable token per machine.
/// @notice Tokens have their own sequence from 1; transferring one moves neither the identity nor the event rights.
/// @dev Source: published ABI of MachineNFT.
contract MachineNFT is
    ERC721Upgradeable,
    OwnableUpgradeable,
    PausableUpgradeable,
    ReentrancyGuardTransient,
    UUPSUpgradeable
{
    /// @custom:storage-location erc7201:peaqos.storage.MachineNFT
    struct NFTStorage {
        IIdentityRegistry registry;
        IIdentityStaking staking;
        uint256 totalMinted;
        string baseURI;
        mapping(uint256 machineId => uint256) tokenIdOf;
        mapping(uint256 tokenId => uint256) machineIdOf;
    }

    // keccak256(abi.encode(uint256(keccak256("peaqos.storage.MachineNFT")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant STORAGE = 0x5e5d3ba98dce26d1e378239c2ec2c3e730a4a98bf7516feb6c8d56b487193c00;

    event BaseURISet(string baseURI);
    event IdentityRegistrySet(address indexed registry);
    event IdentityStakingSet(address indexed staking);
    event MachineMinted(uint256 indexed tokenId, uint256 indexed machineId, address indexed recipient);

    error AlreadyMinted();
    error InvalidAddress();
    error MachineNotBonded();
    error MachineNotFound();
    error NotMachineOwner();
    error RecipientMustBeMachineOwner();

    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor() {
        _disableInitializers();
    }

    /// @notice Sets registry, staking contract and owner. Source: published ABI.
    function initialize(address _identityRegistry, address _identityStaking, address _owner) external initializer {
        __ERC721_init("peaqOS Machine NFT", "MACHINE");
        __Ownable_init(_owner);
        __Pausable_init();
        _setRegistry(_identityRegistry);
        _setStaking(_identityStaking);
    }

    /// @notice Mints the machine's token: the machine to anyone, its operator only to the machine.
    /// @dev Source: published ABI and error names. Minted without a receiver callback, because the published smart
    ///      account has no onERC721Received.
    function mint(uint256 machineId, address recipient) external nonReentrant {
        require(recipient != address(0), InvalidAddress());
        NFTStorage storage $ = _storage();
        (address machine,, bool exists,) = $.registry.getVerificationInfo(machineId);
        require(exists, MachineNotFound());
        if (msg.sender != machine) {
            require($.registry.isAuthorizedOrOwner(msg.sender, machineId), NotMachineOwner());
            require(recipient == machine, RecipientMustBeMachineOwner());
        }
        require($.staking.isStaked(machineId), MachineNotBonded());
        require($.tokenIdOf[machineId] == 0, AlreadyMinted());
        uint256 tokenId = ++$.totalMinted;
        $.tokenIdOf[machineId] = tokenId;
        $.machineIdOf[tokenId] = machineId;
        _mint(recipient, tokenId);
        emit MachineMinted(tokenId, machineId, recipient);
    }

    /// @notice Sets the registry. Owner only. Source: published ABI.
    function setIdentityRegistry(address _registry) external onlyOwner {
        _setRegistry(_registry);
    }

    /// @notice Sets the staking contract. Owner only. Source: published ABI.
    function setIdentityStaking(address _staking) external onlyOwner {
        _setStaking(_staking);
    }

    /// @notice Sets the text that `tokenURI` puts before the token id. Owner only. Source: published ABI.
    function setBaseURI(string calldata _baseURI) external onlyOwner {
        _storage().baseURI = _baseURI;
        emit BaseURISet(_baseURI);
    }

    /// @notice Stops minting and transfers. Owner only. Source: published ABI.
    function pause() external onlyOwner {
        _pause();
    }

    /// @notice Allows minting and transfers again. Owner only. Source: published ABI.
    function unpause() external onlyOwner {
        _unpause();
    }

    /// @notice The machine's token, 0 when none was minted. Source: published ABI; 0 is what the CLI expects.
    function tokenIdOf(uint256 machineId) external view returns (uint256) {
        return _storage().tokenIdOf[machineId];
    }

    /// @notice The machine of a token, 0 when there is no such token. Source: published ABI.
    function machineIdOf(uint256 tokenId) external view returns (uint256) {
        return _storage().machineIdOf[tokenId];
    }

    /// @notice Number of tokens, which is also the newest token id. Source: published ABI.
    function totalMinted() external view returns (uint256) {
        return _storage().totalMinted;
    }

    function _update(address to, uint256 tokenId, address auth) internal override whenNotPaused returns (address) {
        return super._update(to, tokenId, auth);
    }

    function _setRegistry(address registry) private {
        require(registry != address(0), InvalidAddress());
        _storage().registry = IIdentityRegistry(registry);
        emit IdentityRegistrySet(registry);
    }

    function _setStaking(address staking) private {
        require(staking != address(0), InvalidAddress());
        _storage().staking = IIdentityStaking(staking);
        emit IdentityStakingSet(staking);
    }

    function _baseURI() internal view override returns (string memory) {
        return _storage().baseURI;
    }

    /// @dev Upgrades are the owner's. Source: UUPS.
    function _authorizeUpgrade(address) internal override onlyOwner {}

    function _storage() private pure returns (NFTStorage storage $) {
        assembly {
            $.slot := STORAGE
        }
    }
}
